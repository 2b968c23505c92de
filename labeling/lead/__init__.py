"""What the pages of a lead read: counts, throughput, agreement, the inbox, one candidate's history. Nothing in here writes."""
