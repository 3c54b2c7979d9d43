using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>How a connection tells what was agreed on in the TLS handshake.</summary>
internal interface ITlsInfoFeature
{
    TlsInfo Info { get; }
}

/// <summary>The same for Sockeye's users and, in ASP.NET's terms, for those of <c>ITlsHandshakeFeature</c>.</summary>
internal sealed class TlsFeature : ITlsInfoFeature, ITlsHandshakeFeature
{
    public TlsFeature(TlsStream ssl)
    {
        Info = new(ssl, ssl.ServerName);
#pragma warning disable SYSLIB0058 // The interface asks for what the cipher suite says better.
        (CipherAlgorithm, CipherStrength) = (ssl.CipherAlgorithm, ssl.CipherStrength);
        (HashAlgorithm, HashStrength) = (ssl.HashAlgorithm, ssl.HashStrength);
        (KeyExchangeAlgorithm, KeyExchangeStrength) = (ssl.KeyExchangeAlgorithm, ssl.KeyExchangeStrength);
#pragma warning restore SYSLIB0058
    }

    public TlsInfo Info { get; }

    public SslProtocols Protocol => Info.Protocol;

    public TlsCipherSuite? NegotiatedCipherSuite => Info.CipherSuite;

    public string HostName => Info.ServerName ?? "";

#pragma warning disable SYSLIB0058 // See above.
    public CipherAlgorithmType CipherAlgorithm { get; }

    public int CipherStrength { get; }

    public HashAlgorithmType HashAlgorithm { get; }

    public int HashStrength { get; }

    public ExchangeAlgorithmType KeyExchangeAlgorithm { get; }

    public int KeyExchangeStrength { get; }
#pragma warning restore SYSLIB0058
}
