namespace AlexNetService.Api.Classify;

/// <summary>Marks an endpoint that reads a picture from the body itself.</summary>
internal sealed class PictureBodyMetadata;
