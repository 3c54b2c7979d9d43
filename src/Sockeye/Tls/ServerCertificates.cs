using System.Diagnostics;
using System.Net.Security;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Selects the certificate for the name that a client requests.</summary>
internal sealed class ServerCertificates
{
    private readonly SslServerAuthenticationOptions _common;
    private readonly IReadOnlyList<CertificateSource> _sources;
    private readonly TimeProvider _time;
    private readonly CertificateReloadLog _reloadLog;
    private readonly Lock _lock = new();
    private long _refreshedAt;

    public ServerCertificates(
        SslServerAuthenticationOptions common, IReadOnlyList<CertificateSource> sources, TimeProvider time, ILogger logger)
    {
        (_common, _sources, _time, _reloadLog) = (common, sources, time, new(logger));
        _refreshedAt = time.GetTimestamp();
    }

    /// <param name="serverName">The name as the client sent it; null if it requested none.</param>
    public SslServerAuthenticationOptions Choose(string? serverName)
    {
        if (_sources.Count == 0)
            return WithClock(_common); // The selection callback of the options selects the certificate.
        var name = serverName is null ? null : HostNames.ToAscii(serverName);
        lock (_lock)
        {
            RefreshIfDueLocked();
            var source = _sources.FirstOrDefault(source => name is not null && source.Matches(name)) ?? _sources[0];
            return WithClock(source.GetOptions(_common));
        }
    }

    /// <summary>Sets the clock of the options, which validates the dates of clients' certificates.</summary>
    private SslServerAuthenticationOptions WithClock(SslServerAuthenticationOptions options)
    {
        if (_time == TimeProvider.System || !options.ClientCertificateRequired)
            return options;
        var copy = OptionCopier.ShallowCopy(options);
        copy.CertificateChainPolicy = ChainPolicies.WithTime(
            _time, options.CertificateChainPolicy, options.CertificateRevocationCheckMode);
        return copy;
    }

    private void RefreshIfDueLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_time.GetElapsedTime(_refreshedAt) < CertificateFiles.Interval)
            return;
        _refreshedAt = _time.GetTimestamp();
        foreach (var source in _sources)
            source.Refresh(_reloadLog);
    }
}
