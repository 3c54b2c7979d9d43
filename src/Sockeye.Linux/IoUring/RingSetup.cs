using System.Numerics;

namespace Sockeye.Linux;

/// <summary>Creates a ring with the flags that the kernel supports, in a size that it grants.</summary>
internal static class RingSetup
{
    /// <summary>The minimum size of a completion ring, at which the search for memory ends.</summary>
    private const uint MinCompletionEntries = 1024;

    /// <summary>Linux 6.1 has all of these.</summary>
    private const SetupFlags Needed = SetupFlags.SingleIssuer | SetupFlags.DeferTaskRun | SetupFlags.CooperativeTaskRun |
        SetupFlags.SubmitAll | SetupFlags.CompletionSize | SetupFlags.Clamp;

    /// <summary>Returns the descriptor of a new ring.</summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    public static int Open(RingOptions options, out RingParameters parameters)
    {
        var flags = Needed | SetupFlags.NoSubmissionArray;
        var submissions = BitOperations.RoundUpToPowerOf2((uint)options.SubmissionEntries);
        var completions = Math.Max(BitOperations.RoundUpToPowerOf2((uint)options.CompletionEntries), submissions);
        RingParameters given = default;

        var descriptor = LockedMemory.AllocateWithRetries(Attempt, Shrink, options.Wait);
        // Linux before 6.6 refuses the flag for rings without an index array.
        if (descriptor == -IoUringError.Invalid)
        {
            flags &= ~SetupFlags.NoSubmissionArray;
            descriptor = LockedMemory.AllocateWithRetries(Attempt, Shrink, options.Wait);
        }

        parameters = given;
        return descriptor >= 0 ? descriptor : throw IoUringErrorText.ToException("io_uring_setup", -descriptor);

        int Attempt()
        {
            // The kernel requires unused fields to be zero.
            given = new() { Flags = flags, CompletionEntries = completions };
            return options.Setup(submissions, ref given);
        }

        bool Shrink()
        {
            if (completions / 2 < Math.Max(MinCompletionEntries, submissions))
                return false;
            completions /= 2;
            return true;
        }
    }
}
