namespace Sockeye.Linux;

/// <summary>
/// Tests the functions of io_uring that an engine thread uses: a ring, its buffers, data through a socket pair, cancellation. It
/// runs on the calling thread, and ends in about a second of processor time even if the kernel completes nothing.
/// </summary>
internal static class IoUringSelfTest
{
    private static readonly Opcode[] NeededOpcodes =
    [
        Opcode.PollAdd, Opcode.SendMessage, Opcode.AsyncCancel, Opcode.Send, Opcode.Receive,
    ];

    /// <summary>Runs the self-test. A refusal of the kernel is a result, not an exception.</summary>
    public static IoUringSupport Run() => Run(new());

    /// <inheritdoc cref="Run()"/>
    /// <param name="monitor">Monitors each system call that could hang.</param>
    public static IoUringSupport Run(SelfTestMonitor monitor)
    {
        try
        {
            using var ring = monitor.Run(() => Ring.Create(new() { SubmissionEntries = 16, CompletionEntries = 64 }));
            var probe = monitor.Run(() => OpcodeProbe.Read(ring));
            foreach (var opcode in NeededOpcodes)
            {
                if (!probe.Has(opcode))
                {
                    return IoUringSupport.Refused(
                        $"io_uring of Linux {IoUringErrorText.KernelVersion} has no operation {opcode}.");
                }
            }

            using var steps = monitor.Run(() => new SelfTestSteps(ring, monitor));
            if (steps.FindFault() is { } fault)
            {
                return IoUringSupport.Refused(
                    $"The self-test of io_uring failed on Linux {IoUringErrorText.KernelVersion}: {fault}.");
            }

            return new(true, $"io_uring of Linux {IoUringErrorText.KernelVersion} passed its self-test.")
            {
                HasNoSubmissionArray = ring.HasNoArray,
                HasReceiveLimit = steps.SupportsReceiveLimit(),
            };
        }
        catch (EngineException error)
        {
            return IoUringSupport.Refused(error.Message);
        }
    }
}
