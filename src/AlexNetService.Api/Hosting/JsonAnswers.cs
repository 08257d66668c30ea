using System.Text.Json.Serialization;

namespace AlexNetService.Api.Hosting;

/// <summary>How answers are written: camelCase, and what is not there is left out, as in a card.</summary>
internal static class JsonAnswers
{
    public static void AddJsonAnswers(this IServiceCollection services) => services.ConfigureHttpJsonOptions(options =>
        options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
}
