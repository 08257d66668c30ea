using System.Net.Sockets;
using AlexNetService.Api.Grpc;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Serilog.Events;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// Settings, address and start of the service. Whatever prevents the start, other than a bug, is reported in one sentence without a
/// stack trace.
/// </summary>
internal static class Startup
{
    /// <summary>Exit code of a service that cannot start.</summary>
    public const int FailureExitCode = 2;

    /// <summary>Names a JSON file of settings besides appsettings.json, such as a secret of a container with the hashes of keys.</summary>
    public const string FileSetting = "SettingsFile";

    private const string Endpoints = "Kestrel:Endpoints";
    private const string DefaultAddress = "http://localhost:8080";
    private const string DefaultGrpcAddress = "http://localhost:8081";
    private static readonly string[] AddressSettings = ["urls", "http_ports", "https_ports"];

    /// <summary>
    /// Reads the settings file, if one is named. Its settings override all others. False, with a sentence on standard error, if the file is
    /// missing or malformed.
    /// </summary>
    public static bool TryAddSettingsFile(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[FileSetting] is not { Length: > 0 } path)
        {
            return true;
        }

        try
        {
            builder.Configuration.AddJsonFile(Path.GetFullPath(path), optional: false, reloadOnChange: false);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Console.Error.WriteLine(
                $"{FileSetting} '{path}' cannot be read: {e.InnerException?.Message ?? e.Message} "
                + "Name a JSON file in the format of appsettings.json, or none.");
            return false;
        }
    }

    /// <summary>
    /// Listens on localhost, for gRPC too, unless an address is configured: <c>--urls</c>, ASPNETCORE_URLS, ASPNETCORE_HTTP_PORTS (which
    /// the .NET container images set) or a section Kestrel:Endpoints. With one of these, gRPC has an address only if
    /// <see cref="GrpcOptions.Url"/> names it. Defaults in appsettings.json would override the environment.
    /// </summary>
    public static void ListenOnLocalhostByDefault(this WebApplicationBuilder builder)
    {
        var (settings, own) = (builder.Configuration, builder.Configuration.GetSection(Endpoints).Exists());
        var isConfigured = own || AddressSettings.Any(setting => !string.IsNullOrEmpty(settings[setting]));
        var grpc = settings[$"{GrpcOptions.Section}:{nameof(GrpcOptions.Url)}"];
        if (string.IsNullOrEmpty(grpc))
        {
            if (isConfigured)
            {
                return;
            }

            grpc = DefaultGrpcAddress;
        }

        // The server takes protocols from its endpoints only, and ignores the settings of addresses if it has any.
        var endpoints = new Dictionary<string, string?>
        {
            [$"{Endpoints}:grpc:Url"] = grpc,
            [$"{Endpoints}:grpc:Protocols"] = nameof(HttpProtocols.Http2),
        };
        foreach (var (place, address) in (own ? [] : Addresses(settings).DefaultIfEmpty(DefaultAddress)).Index())
        {
            endpoints[$"{Endpoints}:http{place}:Url"] = address;
        }

        settings.AddInMemoryCollection(endpoints);
    }

    /// <summary>The configured addresses; those in the first setting count, ports only if there are none.</summary>
    private static IEnumerable<string> Addresses(ConfigurationManager settings) =>
        Parts(settings[AddressSettings[0]]).ToArray() is { Length: > 0 } addresses
            ? addresses
            : Parts(settings[AddressSettings[1]]).Select(port => $"http://*:{port}")
                .Concat(Parts(settings[AddressSettings[2]]).Select(port => $"https://*:{port}"));

    private static string[] Parts(string? list) =>
        list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Binds options to a section, validates them before the service listens, and registers them.</summary>
    public static void AddValidated<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().ValidateOnStart()
            .Configure<IConfiguration>((options, configuration) => configuration.BindKnown(section, options));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<TOptions>>().Value);
    }

    /// <summary>Builds the host, and validates the settings. Null, with a sentence on standard error, if one is invalid.</summary>
    public static WebApplication? BuildOrExplain(this WebApplicationBuilder builder)
    {
        try
        {
            var app = builder.Build();
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            return app;
        }
        catch (Exception e) when (Explain(e) is { } sentence)
        {
            Console.Error.WriteLine(sentence);
            return null;
        }
    }

    /// <summary>Why the service cannot start, in a sentence, or null for a bug. To be asked about failures of the start only.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        AggregateException { InnerExceptions: var all } when all.All(each => each is OptionsValidationException) =>
            string.Join(Environment.NewLine, all.Select(Explain)),
        ExposedServiceException exposed => exposed.Message,
        IOException { InnerException: AddressInUseException } taken =>
            $"{taken.Message} Stop the program that listens there, or choose another address with --urls. For gRPC it is --Grpc:Url.",
        SocketException socket =>
            $"The address cannot be opened: {socket.Message}. Choose another one with --urls. For gRPC it is --Grpc:Url.",
        FormatException { Source: "Microsoft.AspNetCore.Http" } address =>
            $"{address.Message}. Use addresses such as http://localhost:8080 in --urls, separated by semicolons, and one in Grpc:Url.",
        ArgumentOutOfRangeException { ParamName: "port" } => "The port of an address must be 0 to 65535. Choose another one with --urls.",
        InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" } server =>
            $"{server.Message.Split('\n')[0].TrimEnd()} Check --urls and the section Kestrel; https needs Kestrel:Certificates:Default.",
        InvalidOperationException { Source: "Serilog.Settings.Configuration" } log =>
            $"{log.Message} Use {string.Join(", ", Enum.GetNames<LogEventLevel>())} under Serilog:MinimumLevel.",
        _ => null,
    };
}
