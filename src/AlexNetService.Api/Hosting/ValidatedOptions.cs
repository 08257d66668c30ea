namespace AlexNetService.Api.Hosting;

/// <summary>Options bound to a section once and validated before the service listens.</summary>
internal static class ValidatedOptions
{
    public static void AddValidated<TOptions>(this IServiceCollection services, string section)
        where TOptions : class =>
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
