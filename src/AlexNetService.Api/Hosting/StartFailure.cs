using AlexNetService.Api.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Hosting;

/// <summary>What keeps the service from starting through no fault of the program: told in a sentence, not in a stack trace.</summary>
internal static class StartFailure
{
    public const int ExitCode = 2;

    /// <summary>
    /// Builds the host; settings of the server itself are read here already. Null where that fails through no fault of the program.
    /// </summary>
    public static WebApplication? BuildOrExplain(this WebApplicationBuilder builder)
    {
        try
        {
            return builder.Build();
        }
        catch (Exception e) when (Explain(e) is { } sentence)
        {
            Console.Error.WriteLine(sentence);
            return null;
        }
    }

    /// <summary>The sentence, or null where it is the program's fault.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        ExposedServiceException exposed => exposed.Message,
        IOException { InnerException: AddressInUseException } taken =>
            $"{taken.Message} Stop what listens there, or choose another address with --urls.",
        _ => null,
    };
}
