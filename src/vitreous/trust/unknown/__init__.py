"""What a model does not know.

conformal   sets of classes that hold the true one as often as promised
promises    the same for a run, from the answers that it keeps of pictures it was not fitted to
unlike      how far a picture is from those that were trained on, and the limit for a stated rate of false alarms
reference   the same for a run: made from its pictures, kept with it
samples     whether two samples differ, by tests that give no more false alarms than stated
drift       the same for a run and new pictures: what differs, and what could be seen at all
"""
