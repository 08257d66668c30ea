using System.Net;
using AlexNetService.Api.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class KeyGateTests
{
    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 403)]
    [InlineData(null, 401)]
    public async Task AdminRoute_WithKeys_NeedsAnAdminKey(bool? admin, int status) => Assert.Equal(
        status, await Pass([RouteAccess.Admin], withKeys: true, key: admin is { } may ? new ApiKey("somebody", may) : null));

    [Fact]
    public async Task AdminRoute_AlsoMarkedAsOpen_RequiresAKey() => Assert.Equal(
        401, await Pass([RouteAccess.Admin, RouteAccess.Open], withKeys: true));

    [Theory]
    [InlineData("127.0.0.1", "localhost:8080", null, null, 200)]
    [InlineData("::1", "[::1]:8080", null, null, 200)]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1:8080", null, null, 200)]
    [InlineData("127.0.0.1", "localhost:8080", "Origin", "http://localhost:8080", 200)]
    [InlineData("192.0.2.7", "localhost:8080", null, null, 403)]
    [InlineData("127.0.0.1", "rebound.example:8080", null, null, 403)]
    [InlineData("127.0.0.1", "localhost:8080", "Origin", "http://elsewhere.example", 403)]
    [InlineData("127.0.0.1", "localhost:8080", "Origin", "null", 403)]
    [InlineData("127.0.0.1", "localhost:8080", "X-Forwarded-For", "192.0.2.7", 403)]
    [InlineData("127.0.0.1", "localhost:8080", "Forwarded", "for=192.0.2.7", 403)]
    public async Task AdminRoute_WithoutKeys_AcceptsLocalCallersOnly(string address, string host, string? header, string? value, int status)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        context.Request.Scheme = "http";
        context.Request.Host = new HostString(host);
        if (header is not null)
        {
            context.Request.Headers[header] = value;
        }

        Assert.Equal(status, await Pass([RouteAccess.Admin], withKeys: false, context: context));
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 401)]
    public async Task MetricsRoute_WithKeys_IsOpenIfTheSettingsSaySo(bool open, int status) => Assert.Equal(
        status, await Pass([RouteAccess.Metrics], withKeys: true, openMetrics: open));

    private static async Task<int> Pass(
        object[] marks, bool withKeys, ApiKey? key = null, bool openMetrics = false, DefaultHttpContext? context = null)
    {
        var options = new SecurityOptions { OpenMetrics = openMetrics };
        if (withKeys)
        {
            options.Keys["somebody"] = new ApiKeyOptions { Sha256 = new string('0', ApiKeys.HashDigits) };
        }

        await using var services = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider();
        context ??= new DefaultHttpContext();
        context.RequestServices = services;
        context.Features.Set(key);
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(marks), "a route"));
        await new KeyGate(_ => Task.CompletedTask, new ApiKeys(options), options).InvokeAsync(context);
        return context.Response.StatusCode;
    }
}
