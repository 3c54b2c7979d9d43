namespace Sockeye.Hosting;

/// <summary>The options of <c>AddSockeyeSystemd</c>.</summary>
public sealed class SockeyeSystemdOptions
{
    /// <summary>
    /// Gets or sets whether the listening sockets are kept in the descriptor store of systemd, so that they stay open when the
    /// service is restarted or crashes: clients wait in the accept queue. Default: false. The unit needs
    /// <c>FileDescriptorStoreMax=</c>, at least the number of sockets.
    /// </summary>
    /// <remarks>A socket unit does the same for addresses that are known before the service starts.</remarks>
    public bool StoreListeners { get; set; }

    /// <summary>Gets or sets the name of the listening sockets in the store (<c>FDNAME</c>). Default: "sockeye-listener".
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public string StoreName
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(StoreName));
            field = value;
        }
    } = "sockeye-listener";

    /// <summary>
    /// Gets or sets whether open connections are kept in the descriptor store of systemd when the service stops, so that they
    /// continue in the next process over <c>systemctl restart</c>. Default: false. It is for endpoints with <c>UseMoving</c>;
    /// what cannot move drains. The unit needs <c>FileDescriptorStoreMax=</c>, at least the number of connections and 1 % more.
    /// </summary>
    /// <remarks>systemd closes them if the service does not start again (<c>systemctl stop</c>), unless the unit has
    /// <c>FileDescriptorStorePreserve=yes</c>: do not set it, because the peers would wait. docs/upgrade.md has more.</remarks>
    public bool StoreConnections { get; set; }

    /// <summary>Gets or sets the maximum number of descriptors in the store, as in <c>FileDescriptorStoreMax=</c> of the unit.
    /// Default: null, the number that systemd 254 and later report; with an older one, <see cref="StoreConnections"/> needs the
    /// number. Range: at least 0. Connections use at most 4,000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? MaxStoredDescriptors { get; set => field = OptionChecks.AtLeast(value, 0); }

    /// <summary>Gets or sets whether SIGHUP reloads the configuration (<c>systemctl reload</c> with <c>Type=notify-reload</c>).
    /// Default: true. Otherwise, SIGHUP ends the process.</summary>
    public bool ReloadsOnSignal { get; set; } = true;
}
