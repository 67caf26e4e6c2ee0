"""Every bit pattern of a dtype: sweeps, the truth they are judged by, and their committed results."""
