from acrida.contrib.csv_request_logger import *
