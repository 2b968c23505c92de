"""A vision-language model in this process. The modules beside this one import torch; none of them is imported by a web process."""
