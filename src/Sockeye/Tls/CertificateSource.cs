using System.Net.Security;

namespace Sockeye;

/// <summary>A source of a server's certificate: an object or files, with the host names that it serves.</summary>
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

    /// <param name="name">The name, in the form of <see cref="HostNames.ToAscii"/>.</param>
    public bool Matches(string name) => _state.Names.Any(pattern => CertificateAndChain.Matches(pattern, name));

    /// <summary>Reads a new certificate from the files, if there is one.</summary>
    public void Refresh(CertificateReloadLog watch)
    {
        if (_files is not null && _files.Refresh(watch) && _files.Current is var current && current != _state.Certificate)
            _state = new(current, GetNames(current), null);
    }

    /// <summary>
    /// Returns the options with this certificate. They are created once, because session resumption depends on them.
    /// </summary>
    public SslServerAuthenticationOptions GetOptions(SslServerAuthenticationOptions common)
    {
        var state = _state;
        if (state.Options is { } made)
            return made;
        var options = OptionCopier.ShallowCopy(common);
        (options.ServerCertificate, options.ServerCertificateContext) = (null, state.Certificate.Context);
        _state = state with { Options = options };
        return options;
    }

    private IReadOnlyList<string> GetNames(CertificateAndChain certificate) =>
        [.. (_hostNames.Length > 0 ? _hostNames : certificate.Names()).Select(HostNames.ToAscii)];

    private sealed record State(
        CertificateAndChain Certificate, IReadOnlyList<string> Names, SslServerAuthenticationOptions? Options);
}
