from acrida.env import *
