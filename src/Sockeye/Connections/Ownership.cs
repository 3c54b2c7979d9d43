namespace Sockeye;

/// <remarks>
/// C# disposes what a handler holds before the server sees the handler's exception. A FIN that left by then could not be taken
/// back, and half an answer would look whole. So while a server keeps a connection, the FIN of a completed output waits for a
/// sign that the handler goes on: it waits for the peer in a read, or it returns, or <see cref="MaxFinDelay"/> is over. An exception
/// that is on its way to the server finds the connection still open, and the server resets it.
/// </remarks>
internal abstract partial class DuplexConnection : IOwnableConnection
{
    /// <summary>How long the FIN of a completed output waits for a handler that does something else than read or return. What is
    /// disposed between the output and the server's decision has to be done by then.</summary>
    internal static readonly TimeSpan MaxFinDelay = TimeSpan.FromSeconds(1);

    private int _ownership;
    private CoarseTimer? _finTimer;
    private FinDelay? _finDelay;

    private enum Ownership
    {
        /// <summary>The one who uses it ends it.</summary>
        Unowned,

        /// <summary>Its owner ends it. The output is open, or not yet sent.</summary>
        Owned,

        /// <summary>All is sent, and FIN waits.</summary>
        FinWithheld,

        /// <summary>Its owner ends it, but FIN may leave.</summary>
        FinReleased,
    }

    public bool HasOwner => (Ownership)Volatile.Read(ref _ownership) is not Ownership.Unowned;

    public void TakeOwnership(CoarseTimer timer)
    {
        _finTimer = timer;
        Volatile.Write(ref _ownership, (int)Ownership.Owned);
    }

    public void ReleaseOwnership()
    {
        if ((Ownership)Interlocked.Exchange(ref _ownership, (int)Ownership.Unowned) is not Ownership.FinWithheld)
            return;
        _finTimer!.Cancel(_finDelay!);
        SendWithheldFin();
    }

    public void TransferOwnership(IOwnableConnection upper)
    {
        if (!HasOwner)
            return;
        upper.TakeOwnership(_finTimer!);
        ReleaseOwnership();
    }

    /// <summary>Whether a read waits for the peer.</summary>
    protected abstract bool IsReadPending { get; }

    /// <summary>Asks anew whether FIN may leave, where everything else is sent.</summary>
    protected abstract void SendWithheldFin();

    /// <summary>All is sent, and the output is completed: whether FIN may follow now. If not, <see cref="SendWithheldFin"/>
    /// follows. One caller at a time.</summary>
    protected bool CanSendFin()
    {
        if ((Ownership)Volatile.Read(ref _ownership) is not (Ownership.Owned or Ownership.FinWithheld))
            return true;
        _finDelay ??= new(this); // Before it is withheld: the one who lets go finds it.
        if (!TryTransition(Ownership.Owned, Ownership.FinWithheld))
            return (Ownership)Volatile.Read(ref _ownership) is not Ownership.FinWithheld;
        // A full fence lies between: either this sees the read that waits, or the reader sees that FIN is withheld.
        if (IsReadPending)
            return TryTransition(Ownership.FinWithheld, Ownership.FinReleased);
        _finTimer!.Set(_finDelay, MaxFinDelay);
        return false;
    }

    /// <summary>A read has begun to wait for the peer: the handler goes on.</summary>
    internal void OnReadPending()
    {
        if ((Ownership)Volatile.Read(ref _ownership) is Ownership.FinWithheld)
            ReleaseFin();
    }

    private void ReleaseFin()
    {
        if (!TryTransition(Ownership.FinWithheld, Ownership.FinReleased))
            return;
        _finTimer!.Cancel(_finDelay!);
        SendWithheldFin();
    }

    private bool TryTransition(Ownership from, Ownership to) => Interlocked.CompareExchange(ref _ownership, (int)to, (int)from) == (int)from;

    private sealed class FinDelay(DuplexConnection connection) : CoarseTimerEntry
    {
        internal protected override void OnDue() => connection.ReleaseFin();
    }
}
