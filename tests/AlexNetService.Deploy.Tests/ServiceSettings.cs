using System.Reflection;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Hosting;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Requests;
using AlexNetService.OpenInference;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AlexNetService.Deploy.Tests;

/// <summary>The settings of the service, read from its option classes: those with a constant <c>Section</c>.</summary>
internal static class ServiceSettings
{
    /// <summary>Prefixes of variables that .NET and glibc read.</summary>
    private static readonly string[] Foreign = ["ASPNETCORE_", "DOTNET_", "MALLOC_"];

    private static readonly Dictionary<string, Type> Options = new[]
        {
            typeof(ClassifyOptions).Assembly, typeof(OpenInferenceOptions).Assembly, typeof(QueueOptions).Assembly,
        }
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.GetField("Section") is { IsLiteral: true })
        .ToDictionary(Section, StringComparer.OrdinalIgnoreCase);

    /// <summary>An error message about the first variable that the service does not accept, or null if it accepts all.</summary>
    public static string? Refusal(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.Keys.FirstOrDefault(name => !Knows(name)) is { } unknown)
        {
            return $"{unknown} is not a setting of the service.";
        }

        try
        {
            Validate(environment);
            return null;
        }
        catch (Exception e) when (e is OptionsValidationException or InvalidOperationException)
        {
            return e.Message;
        }
    }

    /// <summary>The options that the service reads from the variables.</summary>
    public static TOptions Bind<TOptions>(IReadOnlyDictionary<string, string> environment)
        where TOptions : class, new() =>
        Configuration(environment).GetSection(Section(typeof(TOptions))).Get<TOptions>() ?? new TOptions();

    private static bool Knows(string variable)
    {
        var path = variable.Split("__");
        return variable == Startup.FileSetting
            || Foreign.Any(prefix => variable.StartsWith(prefix, StringComparison.Ordinal))
            || (Options.TryGetValue(path[0], out var type) && Reaches(Bound(type), path.AsSpan(1)));
    }

    /// <summary>Whether a path of names ends at a single value.</summary>
    private static bool Reaches(Type type, ReadOnlySpan<string> path)
    {
        if (type.IsValueType || type == typeof(string) || path.IsEmpty)
        {
            return path.IsEmpty && (type.IsValueType || type == typeof(string));
        }

        if (typeof(System.Collections.IDictionary).IsAssignableFrom(type))
        {
            return Reaches(type.GetGenericArguments()[1], path[1..]);
        }

        const BindingFlags AnyCase = BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase;
        return type.GetProperty(path[0], AnyCase) is { CanWrite: true } property && Reaches(property.PropertyType, path[1..]);
    }

    /// <summary>The bound type: every name in the section of ensembles is an ensemble; other sections bind to their class.</summary>
    private static Type Bound(Type options) => options == typeof(EnsembleOptions) ? typeof(Dictionary<string, string>) : options;

    /// <summary>Validates the options as the service does at start-up.</summary>
    private static void Validate(IReadOnlyDictionary<string, string> environment)
    {
        var services = new ServiceCollection();
        services.AddSingleton(Configuration(environment));
        var add = new Action<IServiceCollection, string>(Startup.AddValidated<ClassifyOptions>).Method.GetGenericMethodDefinition();
        foreach (var (section, type) in Options.Where(entry => entry.Value != typeof(EnsembleOptions)))
        {
            add.MakeGenericMethod(type).Invoke(null, [services, section]);
        }

        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();
    }

    private static IConfiguration Configuration(IReadOnlyDictionary<string, string> environment) => new ConfigurationBuilder()
        .AddInMemoryCollection(environment.ToDictionary(
            entry => entry.Key.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), entry => (string?)entry.Value))
        .Build();

    private static string Section(Type options) => (string?)options.GetField("Section")?.GetRawConstantValue() ?? "";
}
