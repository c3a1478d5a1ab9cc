from acrida.contrib.qdrant import *
