"""Guests as libvirt domains on QEMU.

``driver`` fulfils the contract and puts the steps in order. Below it: ``guest`` decides what a
server's guest is, ``guest_xml`` writes it down for libvirt; ``disks``, ``image_cache`` and
``config_drive`` make its files; ``connection``, ``domains`` and ``events`` talk with libvirt;
``host`` says what the machine offers and ``kvm_probe`` whether KVM works on it.
"""
