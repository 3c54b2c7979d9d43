namespace Sockeye.Linux;

/// <summary>A ring's descriptor and the memory that it shares with the kernel.</summary>
/// <remarks>
/// Unsafe, by these invariants: the offsets come from io_uring_setup(2), and the mapped lengths are computed from the same
/// result, so every pointer is inside its mapping; the entry counts are powers of two, so that an index masked by count - 1 is
/// inside the array; only <see cref="Dispose"/>, which the owner calls last, unmaps the memory. The kernel has its own reference
/// to the pages, so that operations still in flight never write to reused memory.
/// </remarks>
internal sealed unsafe class RingMemory : IDisposable
{
    private const long RingOffset = 0;
    private const long SubmissionsOffset = 0x10000000;

    private readonly IoUringCalls _calls;
    private readonly nint _ringLength;
    private readonly nint _submissionsLength;
    private byte* _ring;

    /// <summary>Takes over the descriptor, which <see cref="Dispose"/> closes, or this constructor on failure.</summary>
    /// <exception cref="EngineException">The memory cannot be mapped.</exception>
    public RingMemory(IoUringCalls calls, int descriptor, in RingParameters parameters)
    {
        (_calls, Descriptor) = (calls, descriptor);
        SubmissionEntries = parameters.SubmissionEntries;
        CompletionEntries = parameters.CompletionEntries;
        HasNoArray = parameters.Flags.HasFlag(SetupFlags.NoSubmissionArray);

        // Since Linux 5.4, both rings are in one mapping, with the length of the longer one.
        var completionsEnd = parameters.Completions + (CompletionEntries * (uint)sizeof(Completion));
        var arrayEnd = HasNoArray ? 0 : parameters.SubmissionArray + (SubmissionEntries * sizeof(uint));
        _ringLength = (nint)Math.Max(completionsEnd, arrayEnd);
        _submissionsLength = (nint)(SubmissionEntries * (uint)sizeof(Submission));

        try
        {
            _ring = Map(_ringLength, RingOffset);
            Submissions = (Submission*)Map(_submissionsLength, SubmissionsOffset);
        }
        catch
        {
            Dispose();
            throw;
        }

        SubmissionHead = (uint*)(_ring + parameters.SubmissionHead);
        SubmissionTail = (uint*)(_ring + parameters.SubmissionTail);
        CompletionHead = (uint*)(_ring + parameters.CompletionHead);
        CompletionTail = (uint*)(_ring + parameters.CompletionTail);
        Completions = (Completion*)(_ring + parameters.Completions);

        // Submissions are used in order, so the index array of older kernels is written once.
        for (var i = 0u; !HasNoArray && i < SubmissionEntries; i++)
            ((uint*)(_ring + parameters.SubmissionArray))[i] = i;
    }

    public int Descriptor { get; }
    public uint SubmissionEntries { get; }
    public uint CompletionEntries { get; }
    public bool HasNoArray { get; }

    public Submission* Submissions { get; private set; }
    public uint* SubmissionHead { get; }
    public uint* SubmissionTail { get; }
    public Completion* Completions { get; }
    public uint* CompletionHead { get; }
    public uint* CompletionTail { get; }

    public void Dispose()
    {
        if (_ring is not null)
            _ = _calls.Unmap(_ring, _ringLength);
        if (Submissions is not null)
            _ = _calls.Unmap(Submissions, _submissionsLength);
        _ring = null;
        Submissions = null;
        _ = _calls.Close(Descriptor);
    }

    private byte* Map(nint length, long offset)
    {
        var address = _calls.MapRing(Descriptor, length, offset, out var error);
        return error == 0 ? address : throw IoUringErrorText.ToException("mmap", error);
    }
}
