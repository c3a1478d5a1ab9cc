from acrida.stats import *
