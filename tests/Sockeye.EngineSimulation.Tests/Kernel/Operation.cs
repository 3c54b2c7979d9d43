namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>An operation of a simulated io_uring, from its submission to its last completion.</summary>
internal abstract class Operation
{
    private const int HasBuffer = 1;
    private const int HasMore = 2;
    private const int BufferShift = 16;

    private readonly long _userData;

    protected Operation(RingFile ring, SimulatedFile file, ReadOnlySpan<byte> entry)
    {
        (Ring, File, _userData) = (ring, file, BitConverter.ToInt64(entry[32..]));
        File.Woken += OnWoken;
        File.Operations++;
    }

    public SimulatedFile File { get; }

    /// <summary>Whether the last completion has been made.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether <see cref="Continue"/> would have an effect.</summary>
    public abstract bool CanContinue { get; }

    protected RingFile Ring { get; }

    public abstract void Continue();

    /// <summary>Ends by a cancel: with what was done until then.</summary>
    public virtual void Cancel() => Complete(-Errors.Cancelled);

    /// <summary>Completes, as if cancelled, and completes again later.</summary>
    public void PretendToEnd() => Ring.Complete(_userData, -Errors.Cancelled, 0);

    public void End()
    {
        IsOver = true;
        File.Woken -= OnWoken;
        File.Operations--;
        Ring.Remove(this);
    }

    /// <summary>Completes, for the last time.</summary>
    protected void Complete(int result)
    {
        End();
        Ring.Complete(_userData, result, 0);
    }

    protected void Complete(int result, int? buffer, bool hasMore)
    {
        if (!hasMore)
            End();
        var flags = (hasMore ? HasMore : 0) | (buffer is { } id ? HasBuffer | (id << BufferShift) : 0);
        Ring.Complete(_userData, result, flags);
    }

    protected virtual void OnWoken()
    {
        if (CanContinue)
            Ring.OnOperationReady();
    }
}
