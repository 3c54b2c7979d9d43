namespace Sockeye;

/// <remarks>
/// C# disposes what a handler holds before the server sees the handler's exception. A FIN that left by then could not be taken
/// back, and half an answer would look whole. So while a server keeps a connection, the FIN of a completed output waits for a
/// sign that the handler goes on: it waits for the peer in a read, or it returns, or <see cref="MaxHold"/> is over. An exception
/// that is on its way to the server finds the connection still open, and the server resets it.
/// </remarks>
internal abstract partial class DuplexConnection : IKeptConnection
{
    /// <summary>How long the FIN of a completed output waits for a handler that does something else than read or return. What is
    /// disposed between the output and the server's decision has to be done by then.</summary>
    internal static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(1);

    private int _keeping;
    private CoarseTimer? _holdTimer;
    private FinHold? _hold;

    private enum Keeping
    {
        /// <summary>The one who uses it ends it.</summary>
        Free,

        /// <summary>Its owner ends it. The output is open, or not yet sent.</summary>
        Kept,

        /// <summary>All is sent, and FIN waits.</summary>
        Withheld,

        /// <summary>Its owner ends it, but FIN may leave.</summary>
        Released,
    }

    public bool HasOwner => (Keeping)Volatile.Read(ref _keeping) is not Keeping.Free;

    public void Keep(CoarseTimer timer)
    {
        _holdTimer = timer;
        Volatile.Write(ref _keeping, (int)Keeping.Kept);
    }

    public void LetGo()
    {
        if ((Keeping)Interlocked.Exchange(ref _keeping, (int)Keeping.Free) is not Keeping.Withheld)
            return;
        _holdTimer!.Cancel(_hold!);
        SendWithheldFin();
    }

    public void HandOver(IKeptConnection upper)
    {
        if (!HasOwner)
            return;
        upper.Keep(_holdTimer!);
        LetGo();
    }

    /// <summary>Whether a read waits for the peer.</summary>
    protected abstract bool IsReaderWaiting { get; }

    /// <summary>Asks anew whether FIN may leave, where everything else is sent.</summary>
    protected abstract void SendWithheldFin();

    /// <summary>All is sent, and the output is completed: whether FIN may follow now. If not, <see cref="SendWithheldFin"/>
    /// follows. One caller at a time.</summary>
    protected bool MayEndOutput()
    {
        if ((Keeping)Volatile.Read(ref _keeping) is not (Keeping.Kept or Keeping.Withheld))
            return true;
        _hold ??= new(this); // Before it is withheld: the one who lets go finds it.
        if (!TryMove(Keeping.Kept, Keeping.Withheld))
            return (Keeping)Volatile.Read(ref _keeping) is not Keeping.Withheld;
        // A full fence lies between: either this sees the read that waits, or the reader sees that FIN is withheld.
        if (IsReaderWaiting)
            return TryMove(Keeping.Withheld, Keeping.Released);
        _holdTimer!.Set(_hold, MaxHold);
        return false;
    }

    /// <summary>A read has begun to wait for the peer: the handler goes on.</summary>
    internal void OnReaderWaits()
    {
        if ((Keeping)Volatile.Read(ref _keeping) is Keeping.Withheld)
            Release();
    }

    private void Release()
    {
        if (!TryMove(Keeping.Withheld, Keeping.Released))
            return;
        _holdTimer!.Cancel(_hold!);
        SendWithheldFin();
    }

    private bool TryMove(Keeping from, Keeping to) => Interlocked.CompareExchange(ref _keeping, (int)to, (int)from) == (int)from;

    private sealed class FinHold(DuplexConnection connection) : CoarseTimerEntry
    {
        internal protected override void OnDue() => connection.Release();
    }
}
