from acrida.contrib.mongodb import *
