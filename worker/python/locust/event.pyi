from acrida.event import *
