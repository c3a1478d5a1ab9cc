from acrida.contrib.milvus import *
