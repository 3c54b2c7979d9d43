using System.Net.Security;

namespace Sockeye;

/// <summary>Where a server's certificate comes from, and whom it is shown to.</summary>
internal sealed class CertificateSource
{
    private readonly CertificateFiles? _files;
    private readonly string[] _hostNames;
    private State _state;

    public CertificateSource(CertificateAndChain certificate, string[] hostNames)
    {
        _hostNames = [.. hostNames];
        _state = new(certificate, GetNames(certificate), null);
    }

    public CertificateSource(CertificateFiles files)
    {
        (_files, _hostNames) = (files, []);
        _state = new(files.Current, GetNames(files.Current), null);
    }

    /// <param name="name">As <see cref="HostNames.ToAscii"/> makes it.</param>
    public bool Matches(string name) => _state.Names.Any(pattern => CertificateAndChain.Matches(pattern, name));

    /// <summary>Takes a new certificate from the files, where there is one.</summary>
    public void Refresh(CertificateReloadLog watch)
    {
        if (_files is not null && _files.Refresh(watch) && _files.Current is var current && current != _state.Certificate)
            _state = new(current, GetNames(current), null);
    }

    /// <summary>The options with this certificate: made once, since what lets clients resume hangs on them.</summary>
    public SslServerAuthenticationOptions GetOptions(SslServerAuthenticationOptions common)
    {
        var state = _state;
        if (state.Options is { } made)
            return made;
        var options = OptionCopies.Copy(common);
        (options.ServerCertificate, options.ServerCertificateContext) = (null, state.Certificate.Context);
        _state = state with { Options = options };
        return options;
    }

    private IReadOnlyList<string> GetNames(CertificateAndChain certificate) =>
        [.. (_hostNames.Length > 0 ? _hostNames : certificate.Names()).Select(HostNames.ToAscii)];

    private sealed record State(
        CertificateAndChain Certificate, IReadOnlyList<string> Names, SslServerAuthenticationOptions? Options);
}
