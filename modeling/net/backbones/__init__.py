"""What turns candidates into representations: image statistics, a tiny demonstration model, or a Qwen3-VL checkpoint."""
