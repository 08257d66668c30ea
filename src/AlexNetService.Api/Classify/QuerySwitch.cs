namespace AlexNetService.Api.Classify;

/// <summary>A parameter that is on or off; <c>?detail</c> alone is on.</summary>
internal static class QuerySwitch
{
    /// <returns>Null where the text is neither.</returns>
    public static bool? Read(string? text) => text?.ToUpperInvariant() switch
    {
        null or "FALSE" or "0" => false,
        "" or "TRUE" or "1" => true,
        _ => null,
    };
}
