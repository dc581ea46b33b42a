using System;
using System.Net.Http;
using System.Threading.Tasks;

namespace Example.Mail;

/// <summary>Sends letters to guests.</summary>
public sealed class Mailer
{
    // BAD: one client for every letter uses up the sockets of the machine
    public async Task<string> SendBadly(string address, string letter)
    {
        using var client = new HttpClient();
        var reply = await client.PostAsync("https://mail.internal/" + address, new StringContent(letter));
        return await reply.Content.ReadAsStringAsync();
    }

    private static readonly HttpClient Client = new();

    // GOOD: one client for all
    public async Task<string> Send(string address, string letter)
    {
        var reply = await Client.PostAsync("https://mail.internal/" + Uri.EscapeDataString(address), new StringContent(letter));
        return await reply.Content.ReadAsStringAsync();
    }

    /// <summary>Waits for the queue to drain.</summary>
    /// <remarks>
    /// Avoid this, it blocks the thread that the task needs and can hang for good:
    /// <code>
    /// var mailer = new Mailer();
    /// string answer = mailer.Send("anna@example.org", "Hello").Result;
    /// mailer.DrainAsync().Wait();
    /// </code>
    /// </remarks>
    public Task DrainAsync() => Task.CompletedTask;
}
