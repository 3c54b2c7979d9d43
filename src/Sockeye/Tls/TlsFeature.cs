using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>Reports the result of a connection's TLS handshake.</summary>
internal interface ITlsInfoFeature
{
    TlsInfo Info { get; }
}

/// <summary>Implements the feature of Sockeye, and <c>ITlsHandshakeFeature</c> of ASP.NET Core.</summary>
internal sealed class TlsFeature : ITlsInfoFeature, ITlsHandshakeFeature
{
    public TlsFeature(TlsStream ssl)
    {
        Info = new(ssl, ssl.ServerName);
#pragma warning disable SYSLIB0058 // The interface requires these properties, although the cipher suite contains them.
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
