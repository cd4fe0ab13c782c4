# A PC firmware image that does, in a few milliseconds, what every 64-bit kernel does when it
# starts: long mode, a jump to the high half, an interrupt table, a breakpoint, a page fault, the
# system registers. It ends QEMU through isa-debug-exit: status 33 when all of that worked, 65 when
# something answered wrongly. A KVM that cannot run Linux hangs in it or dies of it.
#
# Build: see build.sh. The descriptors have their "accessed" bit set (0x9b, 0x93): they lie in
# ROM, and some hypervisors hang on the processor's attempt to set it.
.set BASE,0xF0000
.set HI,0xffffffff80000000
.text
.code16
.globl _start
_start: cli
 mov $0xf000,%ax
 mov %ax,%ds
 lgdtl gdtr
 mov %cr0,%eax
 or $1,%al
 mov %eax,%cr0
 ljmpl $0x08,$(BASE+pm)
.align 8
gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
gdtr: .word 31
 .long BASE+gdt
.code32
pm: mov $0x10,%ax
 mov %ax,%ds
 mov %ax,%es
 mov %ax,%ss
 mov $0x90000,%esp
 mov $0x10000,%edi
 xor %eax,%eax
 mov $0x5000,%ecx
 rep stosl
 movl $0x11003,0x10000
 movl $0x12003,0x10000+511*8
 movl $0x13003,0x11000
 movl $0x13003,0x12000+510*8
 movl $0x83,0x13000
 mov %cr4,%eax
 or $0x220,%eax
 mov %eax,%cr4
 mov $0x10000,%eax
 mov %eax,%cr3
 mov $0xc0000080,%ecx
 rdmsr
 or $0x101,%eax
 wrmsr
 mov %cr0,%eax
 or $0x80010001,%eax
 and $~0xc,%eax
 mov %eax,%cr0
 ljmp $0x18,$(BASE+lm)
.code64
lm: movabs $(HI+BASE+hi),%rax
 jmp *%rax
hi: movabs $(HI+0x90000),%rsp
 movabs $(HI+0x20000),%rdi
 lea bp(%rip),%rax
 mov $3,%ecx
 call setid
 lea pf(%rip),%rax
 mov $14,%ecx
 call setid
 movabs $(HI+0x21000),%rbx
 movw $0xfff,(%rbx)
 mov %rdi,2(%rbx)
 lidt (%rbx)
 xor %r15,%r15
 int3
 movabs $0xffff900000000000,%rsi
 mov (%rsi),%rax
 cmp $2,%r15
 jne bad
 mov $0xc0000101,%ecx
 mov $0x1234000,%eax
 mov $0xffff8880,%edx
 wrmsr
 xor %eax,%eax
 rdmsr
 cmp $0x1234000,%eax
 jne bad
 swapgs
 swapgs
 invlpg (%rbx)
 mov %cr3,%rax
 mov %rax,%cr3
 pxor %xmm0,%xmm0
 movaps %xmm0,0x100(%rbx)
 lock incq 0x200(%rbx)
 xor %eax,%eax
 cpuid
 rdtsc
 sti
 nop
 cli
 mov $LOOPS,%ecx
1: dec %ecx
 jnz 1b
 mov $0x10,%eax
 jmp out
bad: mov $0x20,%eax
out: mov $0xf4,%dx
 out %eax,(%dx)
2: hlt
 jmp 2b
setid: mov %rcx,%rdx
 shl $4,%rdx
 add %rdi,%rdx
 mov %ax,(%rdx)
 movw $0x18,2(%rdx)
 movw $0x8e00,4(%rdx)
 shr $16,%rax
 mov %ax,6(%rdx)
 shr $16,%rax
 mov %eax,8(%rdx)
 movl $0,12(%rdx)
 ret
bp: inc %r15
 iretq
pf: inc %r15
 add $8,%rsp
 addq $3,(%rsp)
 iretq
.org 0xfff0
.code16
 ljmp $0xf000,$0
.org 0x10000
