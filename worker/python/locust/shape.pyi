from acrida.shape import *
