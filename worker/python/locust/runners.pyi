from acrida.runners import *
