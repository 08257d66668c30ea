using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AlexNetService.Tests.Shared;

/// <summary>
/// Debian's nginx with the files of <c>deploy/nginx</c>, on loopback. Only addresses and folders differ, there is no rate limit, and an
/// answer names the replicas that were asked for it.
/// </summary>
internal sealed class Nginx : IDisposable
{
    /// <summary>Header of each answer: the replicas' addresses in the order in which they were asked, separated by commas.</summary>
    public const string Asked = "X-Upstream";

    private static readonly string[] Executables = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alexnet-nginx-");
    private readonly Process process;

    private Nginx(Uri address, Uri grpcAddress, Uri[] replicas, Uri[] grpcReplicas, bool log)
    {
        (Address, GrpcAddress) = (address, grpcAddress);
        var deployed = Path.Combine(AppContext.BaseDirectory, "nginx");
        Write("nginx.conf", Replaced(
            File.ReadAllText(Path.Combine(deployed, "nginx.conf")),
            ("listen 8080;", $"listen {Address.Authority};"),
            ("listen 8081 http2;", $"listen {GrpcAddress.Authority} http2;"),
            ("/tmp/nginx", Path.Combine(folder.FullName, "nginx")),
            ("add_header X-Request-Id", $"add_header {Asked} $upstream_addr always; add_header X-Request-Id"),
            ("access_log /dev/stdout line;", log ? "access_log /dev/stdout line;" : "access_log off;")));
        Write("limits.conf", "");
        Write("upstreams.conf", Replaced(
            File.ReadAllText(Path.Combine(deployed, "upstreams.conf")),
            [
                .. replicas.Select((replica, place) => ($"api-{place + 1}:8080", replica.Authority)),
                .. grpcReplicas.Select((replica, place) => ($"api-{place + 1}:8081", replica.Authority)),
            ]));
        process = Process.Start(Executable ?? "", ["-c", Path.Combine(folder.FullName, "nginx.conf"), "-g", "daemon off;"]);
    }

    /// <summary>Where the program is, or null; on Debian: <c>apt-get install nginx-light</c>.</summary>
    public static string? Executable => Executables.FirstOrDefault(File.Exists);

    public Uri Address { get; }

    /// <summary>Where it listens for gRPC.</summary>
    public Uri GrpcAddress { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="replicas">Where the replicas listen, or will.</param>
    /// <param name="grpcReplicas">Where they listen for gRPC, or null where that is not used.</param>
    /// <param name="log">Whether requests are logged to the standard output.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task<Nginx> StartAsync(Uri[] replicas, Uri[]? grpcReplicas, bool log, CancellationToken cancellation)
    {
        var nginx = new Nginx(FreeAddress(), FreeAddress(), replicas, grpcReplicas ?? replicas, log);
        using var client = new HttpClient { BaseAddress = nginx.Address };
        while (!nginx.process.HasExited)
        {
            try
            {
                (await client.GetAsync("/balancer/health", cancellation)).Dispose();
                return nginx;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20, cancellation);
            }
        }

        nginx.Dispose();
        throw new InvalidOperationException("nginx ended as it started; its standard error says why.");
    }

    /// <summary>An address of the loopback that was free a moment ago.</summary>
    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            Sigterm.Send(process);
            process.WaitForExit();
        }

        process.Dispose();
        folder.Delete(recursive: true);
    }

    private static string Replaced(string text, params (string From, string To)[] changes)
    {
        foreach (var (from, to) in changes)
        {
            text = text.Contains(from, StringComparison.Ordinal)
                ? text.Replace(from, to, StringComparison.Ordinal)
                : throw new InvalidOperationException($"deploy/nginx does not say '{from}' any more; this harness must change with it.");
        }

        return text;
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder.FullName, name), text);
}
