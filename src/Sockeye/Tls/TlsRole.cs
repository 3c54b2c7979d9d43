namespace Sockeye;

/// <summary>Which side of TLS this process is: all that sentences need to know of it.</summary>
internal enum TlsRole
{
    Server,
    Client,
}
