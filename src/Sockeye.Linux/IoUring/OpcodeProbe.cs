namespace Sockeye.Linux;

/// <summary>The operations that the kernel supports (IORING_REGISTER_PROBE).</summary>
/// <remarks>Unsafe only for the address of memory on the stack, which the kernel does not keep.</remarks>
internal sealed unsafe class OpcodeProbe
{
    private const int MaxOpcodes = 128;
    private const int HeaderLength = 16;
    private const int EntryLength = 8;
    private const byte IsSupported = 1;

    private readonly bool[] _isSupported = new bool[MaxOpcodes];

    private OpcodeProbe(ReadOnlySpan<byte> entries)
    {
        for (; !entries.IsEmpty; entries = entries[EntryLength..])
            _isSupported[entries[0]] = (entries[2] & IsSupported) != 0;
    }

    /// <exception cref="EngineException">io_uring_register is refused.</exception>
    public static OpcodeProbe Read(Ring ring)
    {
        // struct io_uring_probe: last opcode, number of entries, padding, then the entries: opcode, padding, flags, padding.
        var probe = stackalloc byte[HeaderLength + (MaxOpcodes * EntryLength)];
        new Span<byte>(probe, HeaderLength + (MaxOpcodes * EntryLength)).Clear();
        var answer = ring.Calls.Register(ring.Descriptor, RegisterCode.Probe, probe, MaxOpcodes);
        return answer >= 0
            ? new(new(probe + HeaderLength, Math.Min((int)probe[1], MaxOpcodes) * EntryLength))
            : throw IoUringErrorText.ToException("io_uring_register", -answer);
    }

    public bool Has(Opcode opcode) => _isSupported[(int)opcode];
}
