from acrida.util.timespan import *
