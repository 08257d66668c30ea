using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// Finds settings that nothing reads, or whose value does not fit. The framework's binder ignores most of them; a key or a pinned version
/// that is ignored opens or changes the service.
/// </summary>
internal static class KnownSettings
{
    /// <summary>Binds a section to options, and validates them.</summary>
    /// <exception cref="OptionsValidationException">A setting is unknown, does not fit, or is out of range.</exception>
    public static void BindKnown<TOptions>(this IConfiguration configuration, string section, TOptions options)
        where TOptions : class
    {
        var bound = configuration.GetSection(section);
        Refuse(Faults(bound, typeof(TOptions)));
        bound.Bind(options);
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        Refuse(results.Select(result => result.ErrorMessage ?? section));

        void Refuse(IEnumerable<string> faults)
        {
            if (faults.ToArray() is { Length: > 0 } failures)
            {
                throw new OptionsValidationException(section, typeof(TOptions), failures);
            }
        }
    }

    /// <summary>What is wrong below a section that binds to a type, a sentence each. Values are left out: they may be secret.</summary>
    private static IEnumerable<string> Faults(IConfigurationSection setting, Type type)
    {
        if (type.IsValueType || type == typeof(string))
        {
            return setting.GetChildren().Any() ? [$"{setting.Path} must be one value, without settings below it."]
                : setting.Value is { } text && !TypeDescriptor.GetConverter(type).IsValid(text) ? [$"{setting.Path} must be {Form(type)}."]
                : [];
        }

        var element = typeof(IDictionary).IsAssignableFrom(type) ? type.GetGenericArguments()[1] : null;
        var known = type.GetProperties().Where(property => element is null && property.CanWrite)
            .ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.OrdinalIgnoreCase);
        var names = element is null ? string.Join(", ", known.Keys) : "names of your choice";
        return setting.GetChildren()
            .SelectMany(child => (element ?? known.GetValueOrDefault(child.Key)) is { } inner
                ? Faults(child, inner)
                : [$"Unknown setting {child.Path}.{KnownParameters.Guess(child.Key, known.Keys)} {setting.Path} has {names}."])
            .Concat(string.IsNullOrEmpty(setting.Value) ? [] : [$"{setting.Path} has no value of its own; set one below it: {names}."]);
    }

    private static string Form(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(int) ? "a whole number of 32 bits"
        : type == typeof(long) ? "a whole number of 64 bits"
        : type == typeof(TimeSpan) ? "a time such as 00:00:05"
        : "a number";
}
