using System.Runtime.InteropServices;

namespace Sockeye.Linux.Tests.Support;

/// <summary>A ring on the test's thread, and everything that completed on it so far.</summary>
internal sealed class RingDriver : IDisposable
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private RingDriver(Ring ring) => Ring = ring;

    public Ring Ring { get; }
    public List<Completion> Completions { get; } = [];

    public static RingDriver Create(RingOptions? options = null)
    {
        SkipUnlessSupported();
        return new(Ring.Create(options ?? new() { SubmissionEntries = 64, CompletionEntries = 256 }));
    }

    public static void SkipUnlessSupported() => Assert.SkipUnless(IoUringProbe.Result.IsSupported, IoUringProbe.Result.Reason);

    public static nint Address(byte[] pinned, int offset = 0) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);

    /// <summary>Submits, and takes what is there.</summary>
    public void RunOnce()
    {
        Ring.Enter(0, TimeSpan.Zero);
        Take();
    }

    /// <summary>Enters until it is so; fails when nothing completes for 10 s.</summary>
    public void RunUntil(Func<bool> isSo)
    {
        while (!isSo())
        {
            Assert.NotEqual(EnterOutcome.TimedOut, Ring.Enter(1, MaxTime));
            Take();
        }
    }

    public Completion[] CompletionsOf(ulong userData) => [.. Completions.Where(completion => completion.UserData == userData)];

    public bool HasEnded(ulong userData) => CompletionsOf(userData) is [.., { HasMore: false }];

    public void Dispose() => Ring.Dispose();

    private void Take()
    {
        while (Ring.TryTake(out var completion))
            Completions.Add(completion);
    }
}
