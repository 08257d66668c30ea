namespace AlexNetService.Api.Grpc;

/// <summary>Where gRPC is served.</summary>
internal sealed class GrpcOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Grpc";

    /// <summary>
    /// Address for gRPC, such as <c>http://localhost:8081</c> or <c>http://*:8081</c>; https has the certificate of
    /// Kestrel:Certificates:Default. Empty (default) means http://localhost:8081 if no address is configured, and otherwise none.
    /// </summary>
    public string Url { get; set; } = "";
}
