"""The local stack: the synthesized templates deployed to an AWS emulator on this machine."""
