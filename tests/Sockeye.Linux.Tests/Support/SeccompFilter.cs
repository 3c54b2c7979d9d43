using System.Runtime.InteropServices;

namespace Sockeye.Linux.Tests.Support;

/// <summary>A seccomp filter (seccomp(2)) on the calling thread, for good: it refuses one call, as containers do.</summary>
internal static class SeccompFilter
{
    public const int Setup = 425, Enter = 426, Register = 427;

    private const int NoNewPrivileges = 38, SetSeccomp = 22, FilterMode = 2;
    private const ushort Load = 0x20, JumpIfEqual = 0x15, JumpIfAnyBit = 0x45, Return = 0x06;
    private const uint Allow = 0x7fff0000, Fail = 0x00050000;
    private const uint NumberOffset = 0, FlagsOfEnterOffset = 16 + (3 * 8);

    /// <summary>The call fails with this errno.</summary>
    public static void Refuse(int call, int error) => Install(
    [
        new(Load, 0, 0, NumberOffset),
        new(JumpIfEqual, 0, 1, (uint)call),
        new(Return, 0, 0, Fail | (uint)error),
        new(Return, 0, 0, Allow),
    ]);

    /// <summary>io_uring_enter(2) without GETEVENTS fails with this errno.</summary>
    public static void RefuseEnterWithoutEvents(int error) => Install(
    [
        new(Load, 0, 0, NumberOffset),
        new(JumpIfEqual, 0, 3, Enter),
        new(Load, 0, 0, FlagsOfEnterOffset),
        new(JumpIfAnyBit, 1, 0, (uint)EnterFlags.GetEvents),
        new(Return, 0, 0, Fail | (uint)error),
        new(Return, 0, 0, Allow),
    ]);

    private static void Install(Instruction[] program)
    {
        var instructions = GCHandle.Alloc(program, GCHandleType.Pinned);
        var header = GCHandle.Alloc(new Program((ushort)program.Length, instructions.AddrOfPinnedObject()), GCHandleType.Pinned);
        try
        {
            Assert.Equal(0, Native.ThreadControl(NoNewPrivileges, 1, 0, 0, 0));
            var answer = Native.ThreadControl(SetSeccomp, FilterMode, header.AddrOfPinnedObject(), 0, 0);
            Assert.SkipUnless(answer == 0, $"This system takes no seccomp filter (errno {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            header.Free();
            instructions.Free();
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Program(ushort Length, nint Instructions);
}
