"""What is planned and cannot work, with the cure, before anybody is paged for it: ``hamon doctor``.

``machine`` is the one seam to this machine; everything else is pure: facts of it in, findings out. No plugin imports this.
"""
