using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Hosting;

/// <summary>What keeps the service from starting through no fault of the program: told in a sentence, not in a stack trace.</summary>
internal static class StartFailure
{
    public const int ExitCode = 2;

    /// <summary>The sentence, or null where it is the program's fault.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        IOException { InnerException: AddressInUseException } taken => $"{taken.Message} Stop what listens there, or choose another address with --urls.",
        _ => null,
    };
}
