using AlexNetService.Api.Classify;
using AlexNetService.Inference.Ensembles;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Features;

/// <summary>The query as it was sent. Read here and not by the framework, so that a refusal says what is allowed.</summary>
internal sealed record FeaturesQuery(
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "normalise")] string? Normalise)
{
    /// <summary>The query with its defaults filled in, or the sentence that says which parameter cannot be used.</summary>
    public (FeaturesSettings? Settings, string? Reason) Read()
    {
        TestViews? views = Crops switch
        {
            null or "1" => TestViews.Centre,
            "10" => TestViews.Ten,
            _ => null,
        };
        return views is not { } crops
            ? (null, $"crops is '{Crops}'; use 1 (centre) or 10 (the mean over corners, centre and their mirrors).")
            : QuerySwitch.Read(Normalise) is { } normalise
                ? (new FeaturesSettings(crops, normalise), null)
                : (null, $"normalise is '{Normalise}'; use true or false.");
    }
}

/// <summary>How features are computed.</summary>
/// <param name="Views">Crops averaged.</param>
/// <param name="Normalise">Whether the vector is divided by its length.</param>
internal sealed record FeaturesSettings(TestViews Views, bool Normalise);
