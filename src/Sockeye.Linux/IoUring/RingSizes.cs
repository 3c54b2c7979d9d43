namespace Sockeye.Linux;

/// <summary>How much of everything an engine thread on io_uring has.</summary>
/// <remarks>
/// The rings are charged to <c>RLIMIT_MEMLOCK</c> (about 260 KiB a thread) for users without CAP_IPC_LOCK; the buffers are not,
/// and what was never received into takes no memory.
/// </remarks>
internal sealed record RingSizes
{
    public static RingSizes Default { get; } = new();

    public int Submissions { get; init; } = 1024;

    public int Completions { get; init; } = 8192;

    /// <summary>Buffers of 4 KiB at the start, and how many are added when most are with connections.</summary>
    public int SmallBuffers { get; init; } = 128;

    /// <summary>With so many no more are added: what arrives is copied and the buffer given back. A power of two.</summary>
    public int MaxSmallBuffers { get; init; } = 4096;

    /// <summary>Buffers of 64 KiB, for connections that stream. A power of two.</summary>
    public int LargeBuffers { get; init; } = 32;
}
