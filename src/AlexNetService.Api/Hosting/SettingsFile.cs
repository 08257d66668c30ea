namespace AlexNetService.Api.Hosting;

/// <summary>A JSON file of settings besides <c>appsettings.json</c>, such as the secret of a container that holds the keys' hashes.</summary>
internal static class SettingsFile
{
    /// <summary>The setting that names the file; default none.</summary>
    public const string Setting = "SettingsFile";

    /// <summary>Reads the file, where one is named; its settings win over all others.</summary>
    /// <returns>False, with a sentence on the standard error, where it is missing or is no JSON.</returns>
    public static bool TryAddSettingsFile(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[Setting] is not { Length: > 0 } path)
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
            Console.Error.WriteLine($"{Setting} '{path}' cannot be read: {e.InnerException?.Message ?? e.Message} Name a JSON file as appsettings.json is one, or none.");
            return false;
        }
    }
}
