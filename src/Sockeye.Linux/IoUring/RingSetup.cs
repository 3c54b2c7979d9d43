using System.Numerics;

namespace Sockeye.Linux;

/// <summary>Asks for a ring until the kernel agrees: with the flags it knows, in a size that it grants.</summary>
internal static class RingSetup
{
    /// <summary>The smallest completion ring: the search for memory ends here.</summary>
    private const uint MinCompletionEntries = 1024;

    /// <summary>Linux 6.1 has all of these.</summary>
    private const SetupFlags Needed = SetupFlags.SingleIssuer | SetupFlags.DeferTaskRun | SetupFlags.CooperativeTaskRun |
        SetupFlags.SubmitAll | SetupFlags.CompletionSize | SetupFlags.Clamp;

    /// <summary>The descriptor of a new ring.</summary>
    /// <exception cref="EngineException">The kernel refuses.</exception>
    public static int Open(RingOptions options, out RingParameters parameters)
    {
        var flags = Needed | SetupFlags.NoSubmissionArray;
        var submissions = BitOperations.RoundUpToPowerOf2((uint)options.SubmissionEntries);
        var completions = Math.Max(BitOperations.RoundUpToPowerOf2((uint)options.CompletionEntries), submissions);
        RingParameters given = default;

        var descriptor = LockedMemory.AllocateWithRetries(Attempt, Shrink, options.Wait);
        // The index array went away in Linux 6.6; before, its absence cannot be asked for.
        if (descriptor == -IoUringError.Invalid)
        {
            flags &= ~SetupFlags.NoSubmissionArray;
            descriptor = LockedMemory.AllocateWithRetries(Attempt, Shrink, options.Wait);
        }

        parameters = given;
        return descriptor >= 0 ? descriptor : throw IoUringErrorText.ToException("io_uring_setup", -descriptor);

        int Attempt()
        {
            // The kernel wants everything it does not read to be zero.
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
