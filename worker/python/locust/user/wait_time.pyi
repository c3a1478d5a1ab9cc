from acrida.user.wait_time import *
